import { homedir } from 'node:os';
import type { ClusterSettings } from '../settings/settings.ts';
import { readSshConfig } from '../ssh/read-ssh-config.ts';
import { resolveTarget, type SshTarget } from '../ssh/ssh-target.ts';

/** The way to a cluster's login node: its settings, the gaps filled from the user's ssh configuration. */
export function sshTargetOf(settings: ClusterSettings, home: string = homedir()): SshTarget {
  const { hostname, port, username, keyFilename, knownHosts, proxyJump } = settings;
  const given = { hostname: hostname ?? settings.name, port, username, keyFilename, knownHosts, proxyJump };
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return resolveTarget(
    { hostname: given.hostname, ...present },
    { home, sshConfigText: readSshConfig(home) },
  );
}

/** What one name stands for in one installation: `user@host:port:workdir`. */
export function definitionOf(settings: ClusterSettings, target: SshTarget): string {
  return `${target.username}@${target.hostname}:${target.port}:${settings.workdir}`;
}
