import type { Sender } from './http.ts';
import type { DatadogLogs } from './types.ts';

/** `POST /api/v2/logs` at the intake's own host; 202 says that they were taken. */
export function createLogCalls(http: Sender): DatadogLogs {
  return {
    async sendLogs(items) {
      await http.sendForAnswer({
        method: 'POST',
        path: '/api/v2/logs',
        host: 'logs',
        body: items,
        operation: 'send logs',
        permission: 'an API key',
      });
    },
  };
}
