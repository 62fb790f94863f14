/** What a server says about a request, most of it at its end. What is left out is unknown, never 0. */
export interface Usage {
  /** It said that the answer is whole. */
  done?: boolean;
  inputTokens?: number;
  outputTokens?: number;
  /** Input tokens that a cache answered for. */
  cachedTokens?: number;
  doneReason?: string;
  totalMs?: number;
  loadMs?: number;
  promptMs?: number;
  evalMs?: number;
}

/** What one line of a streamed answer means. */
export type StreamEvent =
  | { readonly type: 'text' }
  | { readonly type: 'nothing' }
  | { readonly type: 'usage'; readonly hasText: boolean; readonly usage: Usage }
  | { readonly type: 'done' }
  | { readonly type: 'error'; readonly message: string }
  | { readonly type: 'bad-line'; readonly message: string };

export type ReadLine = (line: string) => StreamEvent;
