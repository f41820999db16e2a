import { changes } from './changes.ts';
import { leaves } from './leaves.ts';
import { onboardings } from './onboardings.ts';
import { returns } from './returns.ts';
import type { Scenes } from './stage.ts';
import { syncs } from './syncs.ts';

/** Each behavior of which a run is stored, and how it is played. */
export const scenes: Scenes = { ...onboardings, ...returns, ...changes, ...leaves, ...syncs };
