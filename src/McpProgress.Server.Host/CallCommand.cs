using System.Text.Json;
using McpProgress.Core;
using McpProgress.Core.Calls;
using McpProgress.Core.Calls.Arguments;
using McpProgress.Core.Connections;

namespace McpProgress.Server.Host;

/// <summary>Calls one tool from a command line, without PowerShell.</summary>
internal sealed record CallCommand
{
    private readonly Dictionary<string, object?> _arguments = new(StringComparer.Ordinal);

    private string Tool { get; init; } = "";

    private Uri? Uri { get; init; }

    private double Speed { get; init; } = 1;

    public static Task<int> RunAsync(string[] args) => Read(args).RunAsync();

    private static CallCommand Read(string[] args)
    {
        var command = new CallCommand();
        var reader = new OptionReader(args);
        while (reader.Read())
        {
            switch (reader.Current)
            {
                case "--speed":
                    command = command with { Speed = reader.Number(0, orEqual: false) };
                    break;
                case "--uri":
                    command = command with { Uri = ReadUri(reader.Text()) };
                    break;
                case var option when option.StartsWith("--", StringComparison.Ordinal):
                    throw reader.Unknown("call");
                case var tool when command.Tool.Length == 0:
                    command = command with { Tool = tool };
                    break;
                case var argument:
                    command.Add(argument);
                    break;
            }
        }

        return command.Tool.Length > 0 ? command : throw new MisuseException("'call' needs the name of a tool.");
    }

    private async Task<int> RunAsync()
    {
        using var stop = StopSignals.Listen();
        try
        {
            var connection = await ServerConnection.ConnectAsync("server", Endpoint(), cancellationToken: stop.Token).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                var tools = await connection.GetToolsAsync(cancellationToken: stop.Token).ConfigureAwait(false);
                var tool = ToolLookup.Find(connection, tools, Tool);
                var printer = new CallPrinter(connection, Console.Out);
                await using (printer.ConfigureAwait(false))
                {
                    var call = new ToolCallRequest(tool.Name, ArgumentBinder.Bind(tool.InputSchema, _arguments));
                    return await printer.CallAsync(call, stop.Token).ConfigureAwait(false) ? CommandLine.Success : CommandLine.Failure;
                }
            }
        }
        catch (McpFailureException failure)
        {
            // Ctrl+C may reach the server, too: what ended first is then of no interest.
            throw new FailureException(stop.Token.IsCancellationRequested ? "Cancelled." : failure.Message, failure);
        }
    }

    private ServerEndpoint Endpoint() => Uri is null
        ? SampleServer.Endpoint(Speed)
        : new HttpEndpoint(Uri)
        {
            Token = Environment.GetEnvironmentVariable(ServeOptions.TokenVariable) is { Length: > 0 } token ? new Secret(token) : null,
        };

    private void Add(string argument)
    {
        var split = argument.IndexOf('=', StringComparison.Ordinal);
        if (split <= 0)
        {
            throw new MisuseException($"'{argument}' is not of the form key=value.");
        }

        _arguments[argument[..split]] = ReadValue(argument[(split + 1)..]);
    }

    // Only lists and objects are read as JSON: what a word or a number becomes, the tool's schema says.
    private static object ReadValue(string text)
    {
        if (text.Length == 0 || text[0] is not ('[' or '{'))
        {
            return text;
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // A text that merely begins like JSON.
            return text;
        }
    }

    private static Uri ReadUri(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? uri!
            : throw new MisuseException($"'{text}' is not an http address.");
}
