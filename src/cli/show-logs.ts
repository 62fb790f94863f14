import type { RolePlan } from '../shared/plan/plan.ts';
import { type LogLines, logLines } from './log-lines.ts';
import { jsonLine, printableLines } from './printable-text.ts';
import type { Terminal } from './terminal.ts';

export interface LogPrinter {
  push(role: string, bytes: Buffer): void;
  flush(): void;
}

/** Several logs on one terminal, line by line: a title whenever another one speaks, or JSON with the role in it. */
export function logPrinter(
  terminal: Terminal,
  roles: readonly RolePlan[],
  json: boolean,
  /** Of several sessions: whose logs these are. */
  session?: string,
): LogPrinter {
  let speaking: string | undefined;
  const readers = new Map<string, LogLines>(
    roles.map(({ role, name }) => [
      role,
      logLines((line) => {
        if (json) {
          terminal.print(jsonLine({ ...(session === undefined ? {} : { session }), role, text: line }));
          return;
        }
        const whose = session === undefined ? '' : `${session} `;
        if ((whose !== '' || roles.length > 1) && speaking !== role)
          terminal.print(printableLines(`==> ${whose}${role} ${name} <==`));
        speaking = role;
        terminal.print(printableLines(line));
      }),
    ]),
  );
  return {
    push: (role, bytes) => readers.get(role)?.push(bytes),
    flush: () => {
      for (const reader of readers.values()) reader.flush();
    },
  };
}
