import { setTimeout as pause } from 'node:timers/promises';
import type { Given } from '../given.ts';
import type { Installation } from '../installation.ts';
import type { PlannedFault } from '../plan-chaos.ts';

export interface World {
  given: Given;
  at: Installation;
}

/** Breaks one thing, waits as long as the plan says, and mends it. */
export type Injection = (world: World, fault: PlannedFault) => Promise<void>;

export const held = ({ forS }: PlannedFault): Promise<void> => pause(forS * 1_000);

/** One of a number of things, as the plan picked. */
export const picked = <T>(things: readonly T[], { pick }: PlannedFault): T =>
  things[Math.floor(pick * things.length)] as T;
