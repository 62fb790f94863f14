import type { Client, ClientKind } from './client.ts';
import { ContainerService } from './container/container-service.ts';
import { OllamaClient } from './ollama/ollama-client.ts';
import { OllamaService } from './ollama/ollama-service.ts';
import { Pgbench } from './postgres/pgbench.ts';
import { PostgresService } from './postgres/postgres-service.ts';
import { RedisBenchmark } from './redis/redis-benchmark.ts';
import { RedisService } from './redis/redis-service.ts';
import { ScriptClient } from './script/script-client.ts';
import type { Service, ServiceKind } from './service.ts';

/** The registered kinds of services and clients. A client is registered under the service it talks to. */
export class JobFactory {
  readonly #services = new Map<string, ServiceKind>();
  readonly #clients = new Map<string, ClientKind>();

  registerService(kind: string, service: ServiceKind): this {
    if (this.#services.has(kind)) throw new Error(`the service kind ${kind} is registered twice`);
    this.#services.set(kind, service);
    return this;
  }

  registerClient(kind: string, client: ClientKind): this {
    if (this.#clients.has(kind)) throw new Error(`the client kind ${kind} is registered twice`);
    this.#clients.set(kind, client);
    return this;
  }

  serviceKind(kind: string): ServiceKind | undefined {
    return this.#services.get(kind);
  }

  clientKind(kind: string): ClientKind | undefined {
    return this.#clients.get(kind);
  }

  /** The recipe is what the kind's schema made of it. */
  createService(kind: string, recipe: unknown): Service {
    const Kind = this.#services.get(kind);
    if (!Kind) throw new Error(`there is no service kind ${kind}`);
    return new Kind(kind, recipe as never);
  }

  createClient(kind: string, recipe: unknown): Client {
    const Kind = this.#clients.get(kind);
    if (!Kind) throw new Error(`there is no client kind ${kind}`);
    return new Kind(kind, recipe as never);
  }

  listServices(): string[] {
    return [...this.#services.keys()].sort();
  }

  listClients(): string[] {
    return [...this.#clients.keys()].sort();
  }
}

export function builtInJobs(): JobFactory {
  return new JobFactory()
    .registerService('container', ContainerService)
    .registerService('ollama', OllamaService)
    .registerService('postgres', PostgresService)
    .registerService('redis', RedisService)
    .registerClient('ollama', OllamaClient)
    .registerClient('postgres', Pgbench)
    .registerClient('redis', RedisBenchmark)
    .registerClient('script', ScriptClient);
}
