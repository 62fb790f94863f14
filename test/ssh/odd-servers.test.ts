import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { AuthContext, Connection, ServerChannel } from 'ssh2';
import { expect, onTestFinished, test, vi } from 'vitest';
import { connect } from '../../src/shared/ssh/connect.ts';
import { startOddSshServer } from '../support/odd-ssh-server.ts';

// Shared machines are slow now and then; every wait below ends by a condition.
vi.setConfig({ testTimeout: 60_000 });

const timeoutMs = 10_000;
const PASSWORD = { SBENCH_SSH_PASSWORD: 'open sesame' };

async function serve(treat: (client: Connection) => void, options: { banner?: string } = {}) {
  const server = await startOddSshServer(treat, options);
  onTestFinished(() => server.stop());
  return server.target;
}

const onlyKeyboard = (asks: { prompt: string; echo: boolean }[][]) => (client: Connection) => {
  client.on('authentication', (context: AuthContext) => {
    if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive']);
    const answers: string[] = [];
    const ask = (round: number) => {
      const prompts = asks[round];
      if (!prompts)
        return answers.every((one) => one === PASSWORD.SBENCH_SSH_PASSWORD)
          ? context.accept()
          : context.reject();
      context.prompt(prompts, 'Login', (given) => {
        answers.push(...given);
        ask(round + 1);
      });
    };
    ask(0);
  });
};
const password = { prompt: 'Password: ', echo: false };

test('keyboard-interactive is answered with the password', async () => {
  const target = await serve(onlyKeyboard([[password]]));
  const transport = await connect(target, { env: PASSWORD });
  await transport.close();
});

test('a wrong password needs a person, and is tried once only', async () => {
  const methods: string[] = [];
  const target = await serve((client) => {
    client.on('authentication', (context) => {
      methods.push(context.method);
      if (context.method !== 'keyboard-interactive')
        return context.reject(['keyboard-interactive', 'password']);
      context.prompt([password], () => context.reject(['keyboard-interactive', 'password']));
    });
  });
  const wrong = connect(target, { env: { SBENCH_SSH_PASSWORD: 'wrong' } });
  await expect(wrong).rejects.toMatchObject({ code: 'SSH_LOGIN_REFUSED', remedy: 'person' });
  expect(methods).toEqual(['none', 'keyboard-interactive']);
});

test.for([
  ['a second question', [[password], [{ prompt: 'Verification code: ', echo: false }]]],
  ['two at once', [[password, { prompt: 'Verification code: ', echo: false }]]],
  ['a visible one', [[{ prompt: 'Verification code: ', echo: true }]]],
] as const)('a one-time code (%s) fails at once, and says what was asked', async ([, asks]) => {
  const target = await serve(onlyKeyboard(asks.map((round) => [...round])));
  await expect(connect(target, { env: PASSWORD })).rejects.toMatchObject({
    name: 'AuthenticationError',
    code: 'SSH_PROMPT',
    remedy: 'person',
    message: expect.stringContaining('Verification code:'),
  });
});

test('without a password, a server that wants one is told so', async () => {
  const target = await serve(onlyKeyboard([[password]]));
  await expect(connect(target, { env: {} })).rejects.toMatchObject({
    code: 'SSH_LOGIN_REFUSED',
    message: expect.stringContaining('The server takes: keyboard-interactive'),
  });
});

test('a password is offered as such where only that is taken', async () => {
  const target = await serve((client) => {
    client.on('authentication', (context) => {
      if (context.method === 'password' && context.password === PASSWORD.SBENCH_SSH_PASSWORD)
        context.accept();
      else context.reject(['password']);
    });
  });
  const transport = await connect(target, { env: PASSWORD });
  await transport.close();
});

test('a login that ends without a word is a wait, and the banner tells why', async () => {
  const target = await serve(
    (client) => {
      client.on('authentication', (context) => {
        if (context.method === 'none') context.reject(['publickey']);
        else client.end();
      });
    },
    { banner: 'Maintenance until noon' },
  );
  await expect(connect(target, { env: {} })).rejects.toMatchObject({
    name: 'ConnectionError',
    remedy: 'wait',
    message: expect.stringContaining('Maintenance until noon'),
  });
});

test('something that is not SSH is a wait', async () => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const target = await serve(() => {});
  const port = typeof address === 'object' && address ? address.port : 0;
  await expect(connect({ ...target, port }, { env: {} })).rejects.toMatchObject({
    name: 'ConnectionError',
    remedy: 'wait',
  });
  for (const socket of sockets) socket.destroy();
  server.close();
});

/** A server that lets everybody in and treats each command as told. */
const commands = (run: (channel: ServerChannel, client: Connection) => void) => (client: Connection) => {
  client.on('authentication', (context) => context.accept());
  client.on('session', (accept) => {
    accept().on('exec', (acceptExec) => run(acceptExec(), client));
  });
};

test('an exit status without the end of the output is lost: there may have been more', async () => {
  const target = await serve(
    commands((channel, client) => {
      channel.write('half of the ans');
      channel.exit(0);
      setImmediate(() => client.end());
    }),
  );
  const transport = await connect(target, { env: {} });
  expect(await transport.exec('anything', { timeoutMs })).toMatchObject({ kind: 'lost' });
});

test('a channel that closes without an exit status is lost, and the connection lives on', async () => {
  const target = await serve(
    commands((channel) => {
      channel.write('x');
      channel.close();
    }),
  );
  const transport = await connect(target, { env: {} });
  expect(await transport.exec('anything', { timeoutMs })).toMatchObject({
    kind: 'lost',
    why: 'the channel closed without an exit status',
  });
  expect((await transport.exec('anything', { timeoutMs })).kind).toBe('lost');
  await transport.close();
  expect(await transport.closed).toBeUndefined();
});

test('a server that refuses the command itself is lost: its refusal looks like a dying channel', async () => {
  const target = await serve((client) => {
    client.on('authentication', (context) => context.accept());
    client.on('session', (accept) => {
      accept().on('exec', (_accept, reject) => reject());
    });
  });
  const transport = await connect(target, { env: {} });
  expect(await transport.exec('anything', { timeoutMs })).toMatchObject({ kind: 'lost' });
  await transport.close();
});

test('a server that ends the connection between commands settles closed, and later commands throw', async () => {
  const clients: Connection[] = [];
  const target = await serve((client) => {
    clients.push(client);
    client.on('authentication', (context) => context.accept());
  });
  const transport = await connect(target, { env: {} });
  clients[0]?.end();
  expect(await transport.closed).toMatchObject({ code: 'SSH_LOST', remedy: 'wait' });
  await expect(transport.exec('true', { timeoutMs })).rejects.toMatchObject({ code: 'SSH_LOST' });
  await transport.close();
});
