import { homedir } from 'node:os';
import { sshTargetOf } from '../shared/cluster/ssh-target-of.ts';
import { UsageError } from '../shared/errors.ts';
import type { Plan } from '../shared/plan/plan.ts';
import { loadSettings } from '../shared/settings/load-settings.ts';
import { requestCancel } from './cancel-session.ts';
import { closeProducer, connectProducer, type ProducerDeps } from './connect-producer.ts';
import type { Enqueued } from './enqueue-session.ts';
import { type EnqueuedAll, enqueueSessions } from './enqueue-sessions.ts';
import { endpointTarget, sessionTarget } from './find-target.ts';
import { loadKinds } from './load-kinds.ts';
import { loadLoadgen } from './load-loadgen.ts';
import { type PlanRequest, planSessions } from './plan-session.ts';
import { planStagings } from './plan-staging.ts';
import { retrySession } from './retry-session.ts';
import { ScriptFolders } from './scripts/script-folders.ts';
import { type SessionView, sessionView } from './session-view.ts';
import { ownVersion } from './version.ts';
import { type TimelineNote, watchSession } from './watch-session.ts';

export { SbenchError, UsageError } from '../shared/errors.ts';
export { RecipeError } from '../shared/yaml/problem.ts';
export type { Enqueued, EnqueuedAll, SessionView, TimelineNote };

export interface EnqueueOptions {
  /** The same key with the same recipe is the same session, however often it is asked for. */
  key?: string;
  labels?: Record<string, string>;
  /** `path=value` pairs over the recipe, like the command line's `--set`. */
  set?: string[];
  /** Clients only: they use the service of this session (`ID`, or `ID/SERVICE`). */
  target?: string;
  /** Clients only: they use what answers there. */
  endpoint?: string;
  /** How messages call the recipe. */
  file?: string;
  /** What `script.local_path` is relative to; without it the current folder. */
  folder?: string;
}

export interface WaitOptions {
  signal?: AbortSignal;
  onEvent?: (note: TimelineNote) => void;
}

/** Asks for work from a program: a recipe in, a session out. Workers do it, wherever they are. */
export class Producer {
  readonly #deps: ProducerDeps;
  readonly #config: string | undefined;

  private constructor(deps: ProducerDeps, config: string | undefined) {
    this.#deps = deps;
    this.#config = config;
  }

  /**
   * Reads the configuration as the command line does, and connects.
   * @throws RedisError when no Redis answers, RecipeError when the configuration is wrong.
   */
  static async open({ config }: { config?: string } = {}): Promise<Producer> {
    return new Producer(await connectProducer(readSettings(config).redis), config);
  }

  /**
   * @param recipe its YAML text, or the same as an object
   * @throws RecipeError with every problem, UsageError when the key belongs to another recipe, or when the recipe makes
   * several sessions.
   */
  async enqueueSession(recipe: string | object, options: EnqueueOptions = {}): Promise<Enqueued> {
    const { plans, given } = await this.#plan(recipe, options);
    const [plan] = plans;
    if (!plan || plans.length > 1) {
      throw new UsageError(`this recipe makes ${plans.length} sessions`, 'Use enqueueSessions for it.');
    }
    const { sessions } = await enqueueSessions(this.#deps, plans, given);
    return sessions[0] as Enqueued;
  }

  /**
   * All sessions of a recipe with a `matrix` or a `repeat`, as one group; of any other recipe its one session. Asked
   * again with the same key it finishes what was interrupted, and doubles nothing.
   * @throws RecipeError with every problem, UsageError when the key belongs to another recipe.
   */
  async enqueueSessions(recipe: string | object, options: EnqueueOptions = {}): Promise<EnqueuedAll> {
    const { plans, given } = await this.#plan(recipe, options);
    return enqueueSessions(this.#deps, plans, given);
  }

  /**
   * Images, models and programs only: a session that has made on the cluster what the recipe needs, and asks Slurm for
   * nothing but, with `stage: {where: job}`, the Slurm job that makes it. Several, as a group, when the recipe's
   * combinations need different things.
   * @throws RecipeError with every problem, UsageError when the key belongs to another recipe, or to a session.
   */
  async enqueueStaging(recipe: string | object, options: EnqueueOptions = {}): Promise<EnqueuedAll> {
    const { plans, given } = await this.#plan(recipe, options, planStagings);
    return enqueueSessions(this.#deps, plans, given);
  }

  async #plan(
    recipe: string | object,
    options: EnqueueOptions,
    planAll: (request: PlanRequest) => Plan[] = planSessions,
  ) {
    const { key, labels, set, target, endpoint, file = 'recipe', folder = process.cwd() } = options;
    if (target !== undefined && endpoint !== undefined)
      throw new UsageError('target and endpoint both say what the clients use; give one');
    const folders = new ScriptFolders(() => folder, folder);
    const loadgen = await loadLoadgen();
    const settings = readSettings(this.#config);
    const plans = planAll({
      // JSON is YAML.
      recipeText: typeof recipe === 'string' ? recipe : JSON.stringify(recipe, null, 2),
      file,
      settings,
      factory: await loadKinds(settings),
      overrides: set,
      target:
        endpoint !== undefined
          ? endpointTarget(endpoint)
          : target === undefined
            ? undefined
            : await sessionTarget(this.#deps, target),
      labels,
      version: ownVersion(),
      blobs: { loadgen: { sha256: loadgen.sha256, bytes: loadgen.bytes } },
      resolveTarget: sshTargetOf,
      folders,
    });
    return { plans, given: { key, blobs: [loadgen, ...folders.blobs()] } };
  }

  session(id: string): Promise<SessionView> {
    return sessionView(this.#deps, id);
  }

  /** Resolves when the session is over. @throws the signal's reason when it aborts first. */
  async waitForSession(id: string, { signal, onEvent }: WaitOptions = {}): Promise<SessionView> {
    for await (const note of watchSession(this.#deps, id, signal)) onEvent?.(note);
    signal?.throwIfAborted();
    return sessionView(this.#deps, id);
  }

  /** Asks for its end; `waitForSession` tells when its Slurm jobs are gone. */
  async cancelSession(id: string, why = 'cancelled by a program'): Promise<void> {
    await requestCancel(this.#deps, id, why);
  }

  /** A new attempt of a session that is over. @throws UsageError when it is not, or succeeded without `force`. */
  async retrySession(id: string, options: { force?: boolean } = {}): Promise<void> {
    await retrySession(this.#deps, id, options);
  }

  close(): Promise<void> {
    return closeProducer(this.#deps);
  }
}

const readSettings = (config: string | undefined) =>
  loadSettings({ config, cwd: process.cwd(), env: process.env, home: homedir() });
