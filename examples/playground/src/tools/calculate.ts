// Evaluates arithmetic expressions. Parses them itself and runs no code; its errors are written for the model.

const functions: Readonly<Record<string, (value: number) => number>> = {
	sqrt: Math.sqrt,
	sin: Math.sin,
	cos: Math.cos,
	tan: Math.tan,
	ln: Math.log,
	log: Math.log10,
	abs: Math.abs,
	exp: Math.exp,
	round: Math.round,
	floor: Math.floor,
	ceil: Math.ceil,
};
const constants: Readonly<Record<string, number>> = { pi: Math.PI, e: Math.E };

/** Returns the value of an expression. Throws an `Error` if it cannot be parsed or has no finite value. */
export function calculate(expression: string): number {
	if (expression.length > 500) throw new Error("the expression is longer than 500 characters");
	const tokens = expression.match(/\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+|[a-z]+|\*\*|\S/gi) ?? [];
	let at = 0;
	const next = () => tokens[at++];
	const take = (token: string) => tokens[at] === token && at++ >= 0;

	function sum(): number {
		let value = product();
		for (;;) {
			if (take("+")) value += product();
			else if (take("-")) value -= product();
			else return value;
		}
	}
	function product(): number {
		let value = signed();
		for (;;) {
			if (take("*") || take("×")) value *= signed();
			else if (take("/") || take("÷")) value /= signed();
			else if (take("%")) value %= signed();
			else return value;
		}
	}
	function signed(): number {
		if (take("-")) return -signed();
		if (take("+")) return signed();
		const base = atom();
		return take("^") || take("**") ? base ** signed() : base;
	}
	function atom(): number {
		const token = next();
		if (token === "(") return closed();
		const name = token?.toLowerCase() ?? "";
		const known = Object.hasOwn(functions, name) ? functions[name] : undefined;
		if (known && take("(")) return known(closed());
		if (Object.hasOwn(constants, name)) return constants[name] as number;
		const value = token === undefined ? Number.NaN : Number(token);
		if (Number.isNaN(value)) throw new Error(`expected a number, not ${token ?? "the end"}`);
		return value;
	}
	function closed(): number {
		const value = sum();
		if (!take(")")) throw new Error("a parenthesis isn't closed");
		return value;
	}

	const value = sum();
	if (at < tokens.length) throw new Error(`can't read from ${tokens[at]} on`);
	if (!Number.isFinite(value)) throw new Error("the result is no finite number");
	return value;
}
