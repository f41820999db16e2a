export { accessSync } from './accessSync.ts';
export { offboarding } from './offboarding.ts';
export { onboarding } from './onboarding.ts';
export { roleChange } from './roleChange.ts';
export { rosterImport } from './rosterImport.ts';
