using McpProgress.Server.Host;

return await CommandLine.RunAsync(args).ConfigureAwait(false);
