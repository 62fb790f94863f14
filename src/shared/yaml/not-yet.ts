import { z } from 'zod';

/** A key whose feature comes later: known, so that its typos are named, and refused, so that it never lies. */
export const notYet = () =>
  z
    .unknown()
    .optional()
    .superRefine((value, context) => {
      if (value === undefined) return;
      context.addIssue({ code: 'custom', message: NOT_YET, params: { at: 'key' } });
    })
    // The JSON Schema does not offer it.
    .meta({ 'x-refused': true });

export const NOT_YET = 'is not supported yet in this version';
