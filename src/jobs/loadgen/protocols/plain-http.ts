import { wholeReader } from '../answer/whole-reader.ts';
import type { Protocol, RequestBody } from '../protocol.ts';

export interface HttpOrder {
  readonly method: RequestBody['method'];
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string | undefined;
  /** Statuses that count as good; all of 2xx when there is none. */
  readonly statuses: readonly number[];
  /** A good answer contains it. */
  readonly contains?: string | undefined;
}

/** Any HTTP endpoint: the same request again and again, or with `{{index}}` in it, a different one each time. */
export function plainHttp(order: HttpOrder): Protocol {
  const { method, path, headers, body, statuses, contains } = order;
  const request: RequestBody = { method, path, headers, ...(body === undefined ? {} : { body }) };
  const isGood = (status: number) =>
    statuses.length === 0 ? status >= 200 && status < 300 : statuses.includes(status);
  const check =
    contains === undefined
      ? undefined
      : (text: string) =>
          text.includes(contains) ? {} : `the answer does not contain ${JSON.stringify(contains)}`;
  const changes = [path, body ?? '', ...Object.values(headers)].some((text) => text.includes(INDEX));
  return {
    request: (_prompt, index) => (changes ? fill(request, String(index)) : request),
    newReader: () => wholeReader({ isGood, check }),
  };
}

const INDEX = '{{index}}';

function fill(request: RequestBody, index: string): RequestBody {
  const put = (text: string) => text.replaceAll(INDEX, index);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, put(value)]),
  );
  return {
    ...request,
    path: put(request.path),
    headers,
    ...(request.body === undefined ? {} : { body: put(request.body) }),
  };
}
