// A hundred benchmarks from a program. Each has a key, so this may be interrupted and started again as often as you
// like: what is there already is found, what is missing is added, nothing runs twice.
//
//   npx tsx examples/enqueue-many.ts winter        (Node.js 22.18 and newer: node examples/enqueue-many.ts winter)
import { Producer } from 'sbench';

const campaign = process.argv[2] ?? 'winter';
const MODEL = 'llama3.2:3b';

const producer = await Producer.open();
let made = 0;
try {
  for (let run = 0; run < 100; run++) {
    const recipe = {
      version: 1,
      name: `run ${run}`,
      service: { type: 'ollama', model: MODEL, resources: { time: '1h' } },
      client: {
        parameters: { max_tokens: 128, requests: 200, seed: run },
        resources: { time: '30m' },
      },
    };
    const { id, created } = await producer.enqueueSession(recipe, {
      key: `${campaign}-${run}`,
      labels: { campaign },
    });
    if (created) made += 1;
    console.log(`${id} ${created ? 'enqueued' : 'was there'}`);
  }
} finally {
  await producer.close();
}
console.error(`${made} new, ${100 - made} were there: sbench list --limit 100`);
