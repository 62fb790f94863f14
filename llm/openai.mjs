/** The OpenAI-compatible routes: /v1/models and /v1/chat/completions. */

const textOf = (content) =>
  typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join('');

/** Same as the model's chat template. */
export function chatPrompt(messages) {
  return `${messages.map(({ role, content }) => `${role}: ${textOf(content)}\n`).join('')}assistant:`;
}

export function openAiError(error) {
  const types = { 400: 'invalid_request_error', 404: 'not_found_error' };
  return {
    error: { message: error.message, type: types[error.status] ?? 'api_error', param: null, code: null },
  };
}

const usage = ({ prompt_eval_count, eval_count }) => ({
  prompt_tokens: prompt_eval_count,
  completion_tokens: eval_count,
  total_tokens: prompt_eval_count + eval_count,
});

let completions = 0;

export function openAiRoutes(store, models, modelOf) {
  return {
    'GET /v1/models': async (exchange) => {
      const data = (await store.list()).map(({ name, modified_at }) => ({
        id: name,
        object: 'model',
        created: Math.floor(Date.parse(modified_at) / 1000),
        owned_by: 'library',
      }));
      exchange.json({ object: 'list', data });
    },

    'POST /v1/chat/completions': async (exchange) => {
      const { body, signal } = exchange;
      const name = modelOf(body);
      const streamed = body.stream === true;
      const base = {
        id: `chatcmpl-${++completions}`,
        object: streamed ? 'chat.completion.chunk' : 'chat.completion',
        created: Math.floor(Date.now() / 1000),
        model: name,
        system_fingerprint: 'fp_ollama',
      };
      const event = (value) => exchange.write('text/event-stream', `data: ${value}\n\n`);
      const chunk = (content, finish) =>
        JSON.stringify({
          ...base,
          choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: finish }],
        });
      const result = await models.generate({
        name,
        prompt: chatPrompt(body.messages ?? []),
        options: {
          num_predict: body.max_completion_tokens ?? body.max_tokens,
          temperature: body.temperature ?? 1,
          top_p: body.top_p ?? 1,
          seed: body.seed,
          stop: body.stop ?? undefined,
        },
        signal,
        onText: (piece) => (streamed ? event(chunk(piece, null)) : undefined),
      });
      if (!streamed) {
        const message = { role: 'assistant', content: result.text };
        const choices = [{ index: 0, message, finish_reason: result.done_reason }];
        return exchange.json({ ...base, choices, usage: usage(result) });
      }
      await event(chunk('', result.done_reason));
      if (body.stream_options?.include_usage) {
        await event(JSON.stringify({ ...base, choices: [], usage: usage(result) }));
      }
      await event('[DONE]');
      exchange.response.end();
    },
  };
}
