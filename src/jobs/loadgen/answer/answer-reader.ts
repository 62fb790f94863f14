import type { Recording } from '../engine/recording.ts';

/**
 * Reads the answers of one lane, one after the other. The arrival time comes from the caller, who took it before
 * anything else. Times are milliseconds on the point's clock.
 */
export interface AnswerReader {
  /** A request is about to be sent; only of a measured one are the pauses between its pieces kept. */
  begin(measured: boolean): void;
  status(code: number): void;
  data(chunk: Buffer, at: number, recording: Recording): void;
  /**
   * The answer is over: `outcome` is how the connection saw it, and `kind` and `message` say why when it was not the
   * server's normal end. Returns what it came to, once the answer itself was looked at.
   */
  end(
    at: number,
    outcome: number,
    kind: string | undefined,
    message: string | undefined,
    recording: Recording,
  ): number;
  /** Fills what it knows into the row that was added for this request; returns what went wrong, if anything. */
  write(cells: Float64Array, row: number, recording: Recording): string | undefined;
}
