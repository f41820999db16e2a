import type { ApiKey, AppKey, State } from './model.ts';

interface KeyInfo {
  readonly kind: 'api' | 'application';
  readonly id: string;
  readonly name: string;
  readonly ownerId: string;
  readonly scopes: readonly string[] | null;
  readonly revoked: boolean;
  /** The pair the simulator was started with. */
  readonly primary: boolean;
}

export interface KeyControls {
  list(): KeyInfo[];
  /** `key`: an id, a secret, or `api` / `application` for the primary pair. */
  revoke(key: string): void;
  restore(key: string): void;
  /** Null: unscoped. Without `key`, of the primary application key. */
  setScopes(scopes: string[] | null, key?: string): void;
}

/** `changed` is called after every change. */
export function createKeyControls(state: State, changed: () => void): KeyControls {
  const resolve = (key: string): string => {
    if (key === 'api') return state.primary.apiKeyId;
    if (key === 'application') return state.primary.appKeyId;
    return key;
  };
  const describeApi = (key: ApiKey, revoked: boolean): KeyInfo => {
    const { id, name } = key;
    return {
      kind: 'api',
      id,
      name,
      ownerId: key.createdBy,
      scopes: null,
      revoked,
      primary: id === state.primary.apiKeyId,
    };
  };
  const describeApp = (key: AppKey, revoked: boolean): KeyInfo => {
    const { id, name, ownerId, scopes } = key;
    return { kind: 'application', id, name, ownerId, scopes, revoked, primary: id === state.primary.appKeyId };
  };
  return {
    list: () => [
      ...[...state.apiKeys.values()].map((key) => describeApi(key, false)),
      ...state.revoked.apiKeys.map((key) => describeApi(key, true)),
      ...[...state.appKeys.values()].map((key) => describeApp(key, false)),
      ...state.revoked.appKeys.map((key) => describeApp(key, true)),
    ],
    revoke(key) {
      const wanted = resolve(key);
      if (
        !moveOut(state.apiKeys, state.revoked.apiKeys, wanted) &&
        !moveOut(state.appKeys, state.revoked.appKeys, wanted)
      ) {
        throw new TypeError('key: no such key; give an id, a secret, "api" or "application"');
      }
      changed();
    },
    restore(key) {
      const wanted = resolve(key);
      if (
        !moveBack(state.apiKeys, state.revoked.apiKeys, wanted) &&
        !moveBack(state.appKeys, state.revoked.appKeys, wanted)
      ) {
        throw new TypeError('key: no such revoked key; give an id, a secret, "api" or "application"');
      }
      changed();
    },
    setScopes(scopes, key = 'application') {
      const wanted = resolve(key);
      const appKey = state.appKeys.values().find((candidate) => candidate.id === wanted || candidate.key === wanted);
      if (appKey === undefined)
        throw new TypeError('key: no such application key; give an id, a secret or "application"');
      appKey.scopes = scopes;
      changed();
    },
  };
}

interface Keyed {
  readonly id: string;
  readonly key: string;
}

function moveOut<T extends Keyed>(from: Map<string, T>, to: T[], wanted: string): boolean {
  const key = from.values().find((candidate) => candidate.id === wanted || candidate.key === wanted);
  if (key === undefined) return false;
  from.delete(key.id);
  to.push(key);
  return true;
}

function moveBack<T extends Keyed>(to: Map<string, T>, from: T[], wanted: string): boolean {
  const index = from.findIndex((candidate) => candidate.id === wanted || candidate.key === wanted);
  const [key] = index < 0 ? [] : from.splice(index, 1);
  if (key === undefined) return false;
  to.set(key.id, key);
  return true;
}
