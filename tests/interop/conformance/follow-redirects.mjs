// A browser without a window or a user: opens the address it is given and goes where it is sent. The authorization servers
// of the conformance suite approve at once.
const answer = await fetch(process.argv[2]);
await answer.text();
