import { RemitError } from '../../workers/runtime/errors.ts';
import { nearestName } from '../../workers/runtime/nearest-name.ts';
import { attacks } from './attacks.ts';

/** @param hint what to do when no name is like it */
export function unknownAttack(name: string | undefined, hint: string): RemitError {
  const known = attacks.map((attack) => attack.name);
  const near = name === undefined ? undefined : nearestName(name, known);
  return new RemitError({
    code: 'ATTACK_UNKNOWN',
    message: name === undefined ? 'no attack is named' : `there is no attack named '${name}'`,
    fix: near === undefined ? hint : `did you mean ${near}?`,
  });
}
