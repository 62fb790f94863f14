import type { ServerTiming } from '../../shared/result/request-record.ts';

/** What a server says about a request when it is done. */
export interface Usage {
  readonly inputTokens: number | null;
  /** null when the server does not say; never a guess of ours. */
  readonly outputTokens: number | null;
  readonly doneReason: string | null;
  readonly server: ServerTiming;
}

/** What one line of a streamed answer means. */
export type StreamEvent =
  | { readonly type: 'text' }
  | { readonly type: 'nothing' }
  | { readonly type: 'done'; readonly hasText: boolean; readonly usage: Usage }
  | { readonly type: 'error'; readonly message: string }
  | { readonly type: 'bad-line'; readonly message: string };

/** How to ask a kind of server for text, and how to read its answer. */
export interface Protocol {
  readonly path: string;
  requestBody(prompt: string): string;
  /** For the lines of one answer: what it says at the end may depend on what it said before. */
  newReader(): (line: string) => StreamEvent;
}
