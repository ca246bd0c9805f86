using System.Text.Json;
using McpProgress.ConformanceServer;
using McpProgress.ConformanceServer.Tools;
using McpProgress.Server;
using McpProgress.Server.Host;
using McpProgress.Server.Http;
using McpProgress.Server.Protocol;
using McpProgress.Server.Tasks;
using McpProgress.Server.Tools;

// kestrel [port] | listener [port]: the web server. Prints {"url":…} once it listens and ends with its standard input.
using var loggers = StandardErrorLog.Create();
var port = args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 0;
var options = new ToolServerOptions
{
    Tools = new ToolSet([.. ContentTools.All, .. ConversationTools.All, .. InputTools.All, .. TaskTools.All]),
    ProgressRate = 0,
    Configure = server =>
    {
        Resources.AddTo(server);
        Prompts.AddTo(server);
    },
    Tasks = new TaskOptions { PollInterval = TimeSpan.FromMilliseconds(50) },
};
var http = new HttpServerOptions();
if (args is ["listener", ..])
{
    await using var host = HttpListenerHost.Start(options, http, port, loggers);
    await ServeAsync(host.Url);
}
else
{
    await using var host = await KestrelHost.StartAsync(options, http, port, loggers);
    await ServeAsync(host.Url);
}

static async Task ServeAsync(string url)
{
    await Console.Out.WriteLineAsync(JsonSerializer.Serialize(new { url }));
    await Console.In.ReadToEndAsync();
}
