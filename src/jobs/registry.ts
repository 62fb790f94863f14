import type { Client, ClientKind } from './client.ts';
import { ContainerService } from './container/container-service.ts';
import { HttpClient } from './http/http-client.ts';
import { NginxService } from './nginx/nginx-service.ts';
import { WrkClient } from './nginx/wrk-client.ts';
import { OllamaClient } from './ollama/ollama-client.ts';
import { OllamaService } from './ollama/ollama-service.ts';
import { Pgbench } from './postgres/pgbench.ts';
import { PostgresService } from './postgres/postgres-service.ts';
import { RedisBenchmark } from './redis/redis-benchmark.ts';
import { RedisService } from './redis/redis-service.ts';
import { ScriptClient } from './script/script-client.ts';
import type { Service, ServiceKind } from './service.ts';
import { VllmClient } from './vllm/vllm-client.ts';
import { VllmService } from './vllm/vllm-service.ts';

const BUILT_IN = 'built in';

/** The registered kinds of services and clients. A client is registered under the service it talks to. */
export class JobFactory {
  readonly #services = new Map<string, ServiceKind>();
  readonly #clients = new Map<string, ClientKind>();
  readonly #origins = new Map<string, string>();

  /** @param origin where it comes from, for people */
  registerService(kind: string, service: ServiceKind, origin = BUILT_IN): this {
    this.#claim('service', kind, origin);
    this.#services.set(kind, service);
    return this;
  }

  registerClient(kind: string, client: ClientKind, origin = BUILT_IN): this {
    this.#claim('client', kind, origin);
    this.#clients.set(kind, client);
    return this;
  }

  #claim(side: 'service' | 'client', kind: string, origin: string): void {
    const other = this.#origins.get(`${side} ${kind}`);
    if (other !== undefined) throw new Error(`the ${side} kind ${kind} is there already (${other})`);
    this.#origins.set(`${side} ${kind}`, origin);
  }

  /** `built in`, or the file that a kind from outside is in. */
  origin(side: 'service' | 'client', kind: string): string {
    return this.#origins.get(`${side} ${kind}`) ?? BUILT_IN;
  }

  isOutside(side: 'service' | 'client', kind: string): boolean {
    return this.origin(side, kind) !== BUILT_IN;
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
    .registerService('nginx', NginxService)
    .registerService('ollama', OllamaService)
    .registerService('postgres', PostgresService)
    .registerService('redis', RedisService)
    .registerService('vllm', VllmService)
    .registerClient('http', HttpClient)
    .registerClient('ollama', OllamaClient)
    .registerClient('postgres', Pgbench)
    .registerClient('redis', RedisBenchmark)
    .registerClient('script', ScriptClient)
    .registerClient('vllm', VllmClient)
    .registerClient('wrk', WrkClient);
}
