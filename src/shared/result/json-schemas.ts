import * as z from 'zod';
import { sessionProvenance } from './provenance.ts';
import { requestRecordSchema } from './request-record.ts';
import { resultSchema } from './result.ts';
import { toolResultSchema } from './tool-result.ts';

/** The files of a folder of results, by what `sbench schema` calls them. */
const FILES = {
  result: { title: 'result.json of the load generator', schema: resultSchema },
  'tool-result': { title: "result.json of somebody else's program", schema: toolResultSchema },
  request: { title: 'one line of requests.jsonl', schema: requestRecordSchema },
  provenance: { title: 'provenance.json', schema: sessionProvenance },
};
export type ResultFile = keyof typeof FILES;
export const RESULT_FILES = Object.keys(FILES) as ResultFile[];

/** As JSON Schema: later versions may have more fields than it names. */
export function resultJsonSchema(file: ResultFile): Record<string, unknown> {
  const { title, schema } = FILES[file];
  const { $schema, ...body } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return { $schema, title: `sbench: ${title}`, ...body };
}
