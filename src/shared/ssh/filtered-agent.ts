import ssh2, { type BaseAgent, type ParsedKey } from 'ssh2';

/** An agent that shows only some of its keys: servers count every key that is offered (MaxAuthTries). */
export function filteredAgent(socket: string, wanted: ParsedKey[]): BaseAgent {
  const agent = ssh2.createAgent(socket);
  const blobs = wanted.map((key) => key.getPublicSSH());
  const getIdentities = agent.getIdentities.bind(agent);
  agent.getIdentities = (callback) =>
    getIdentities((error, keys) => {
      callback(
        error,
        keys?.filter((key) => blobs.some((blob) => blob.equals((key as ParsedKey).getPublicSSH()))),
      );
    });
  return agent;
}
