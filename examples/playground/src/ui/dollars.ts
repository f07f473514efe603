// Formats amounts.

/** Formats dollars with enough digits to be non-zero. */
export function dollars(text: string): string {
	const value = Number(text);
	if (value === 0) return "$0";
	const digits = Math.max(2, 1 - Math.floor(Math.log10(value)));
	return `$${value.toFixed(Math.min(digits, 12))}`;
}
