/** What a command may use of the process that it runs in; tests bring their own. */
export interface Terminal {
  /** Data, on stdout; a line ends by itself. */
  print(text: string): void;
  /** Resolves when what was printed has left us: who prints without an end waits for who reads. */
  drained?(): Promise<void>;
  /** A line that the next one replaces; undefined takes it away. Only where somebody looks at a screen. */
  inPlace?(text: string | undefined): void;
  /** Messages, on stderr. */
  say(text: string): void;
  /** Whether somebody reads stdout who sees colours. */
  color: boolean;
  /** Asks whoever sits there, on stderr; absent where nobody does. Undefined: the input ended. */
  ask?: (question: string) => Promise<string | undefined>;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  home: string;
  /**
   * Aborts at Ctrl-C or SIGTERM. Who asks for it says that it ends in order by itself; until somebody has asked,
   * a signal ends the process at once.
   */
  interrupted(): AbortSignal;
}
