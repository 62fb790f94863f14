import type { Action } from './action.ts';
import { submitRole } from './submit-role.ts';

export const submitService: Action = {
  runs: 'after-success',
  run: (context) => submitRole(context, ''),
};
