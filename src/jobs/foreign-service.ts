import { Service } from './service.ts';

/** A service that this session does not start: of another session, or at an address. It is only talked to. */
export class ForeignService extends Service {
  readonly #model: string | undefined;

  constructor(kind: string, model?: string) {
    super(kind, {});
    this.#model = model;
  }

  override get model(): string | undefined {
    return this.#model;
  }

  plan(): never {
    throw new Error('a service of somebody else is not planned');
  }
}
