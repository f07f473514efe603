import { Meta, Outlet, Scripts } from "react-router";

export default function Root() {
	return (
		<html lang="en">
			<head>
				<Meta />
			</head>
			<body>
				<Outlet />
				<Scripts />
			</body>
		</html>
	);
}
