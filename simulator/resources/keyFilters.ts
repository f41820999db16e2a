/** `filter[created_at][start]` and `[end]`, ISO 8601; an unreadable bound selects everything. */
export function createdWithin(query: URLSearchParams, createdAt: string): boolean {
  const at = Date.parse(createdAt);
  const start = Date.parse(query.get('filter[created_at][start]') ?? '');
  const end = Date.parse(query.get('filter[created_at][end]') ?? '');
  return (Number.isNaN(start) || at >= start) && (Number.isNaN(end) || at <= end);
}
