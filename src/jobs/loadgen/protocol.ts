import type { AnswerReader } from './answer/answer-reader.ts';

/** A request as undici takes it. */
export interface RequestBody {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH' | 'HEAD';
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

/** What one request asks for. */
export interface Prompt {
  readonly text: string;
  /** Upper limit of output tokens. */
  readonly maxTokens: number;
}

/** How to ask a kind of server, and how to read its answers. */
export interface Protocol {
  request(prompt: Prompt, index: number): RequestBody;
  /** One for each connection. */
  newReader(): AnswerReader;
}
