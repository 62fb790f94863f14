import type { RequestRecord } from '../../../shared/result/request-record.ts';
import { COLUMN, type Field, OUTCOME, PHASE, Recording } from '../engine/recording.ts';
import { gatherRows, type Rows } from './rows.ts';

/** Kept records as rows again: whoever has the raw lines can compute every number anew, but the pauses (ITL). */
export function rowsOfRecords(records: readonly RequestRecord[]): Rows {
  const recording = new Recording();
  for (const record of records) {
    const at = recording.add();
    for (const [field, value] of Object.entries(fieldsOf(record))) {
      if (value !== null && value !== undefined) recording.cells[at + COLUMN[field as Field]] = value;
    }
    if (record.outcome === 'error') recording.say({ kind: record.kind, message: record.message });
  }
  return gatherRows([recording.take()]);
}

function fieldsOf(record: RequestRecord): Partial<Record<Field, number | null | undefined>> {
  const due = {
    index: record.index,
    phase: PHASE[record.phase],
    outcome: OUTCOME[record.outcome],
    intended: record.intendedMs ?? (record.outcome === 'dropped' ? null : record.startMs),
  };
  if (record.outcome === 'dropped') return due;
  const { startMs, endMs: end, chunks } = record;
  const sent = { ...due, sent: startMs, end, chunks };
  if (record.outcome !== 'ok') return sent;
  const { ttftMs, e2eMs, inputTokens, outputTokens, cachedTokens, server } = record;
  return {
    ...sent,
    firstText: ttftMs === null ? null : startMs + ttftMs,
    lastText: startMs + e2eMs,
    inputTokens,
    outputTokens,
    cachedTokens,
    serverTotal: server.totalMs,
    serverLoad: server.loadMs,
    serverPrompt: server.promptEvalMs,
    serverEval: server.evalMs,
  };
}
