import type { LocatedSource, Path } from './located-source.ts';
import { type Problem, RecipeError } from './problem.ts';

/** Collects what is wrong, so that a person hears of everything in one go. */
export class Problems {
  readonly #found: Problem[] = [];

  add(problem: Problem | undefined): void {
    if (problem) this.#found.push(problem);
  }

  at(source: LocatedSource, path: Path, message: string, where: 'key' | 'value' = 'value'): void {
    this.add(source.problem(path, message, where));
  }

  get error(): RecipeError {
    return new RecipeError(this.#found);
  }

  throwIfAny(): void {
    if (this.#found.length > 0) throw this.error;
  }
}
