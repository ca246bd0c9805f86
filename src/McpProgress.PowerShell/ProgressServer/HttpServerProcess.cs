using System.Text.Json;
using McpProgress.Core;
using McpProgress.Core.Connections;
using McpProgress.Core.Transport;

namespace McpProgress.PowerShell.ProgressServer;

/// <summary>
/// The server as a child process, serving HTTP. Its standard input stays open as long as this process lives, and the
/// server ends with it: also when this process is killed and can clean up nothing.
/// </summary>
internal sealed class HttpServerProcess : IRunningServer
{
    /// <summary>The environment variable that carries the token to the server.</summary>
    public const string TokenVariable = "MCPPROGRESS_TOKEN";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(2);

    private readonly ServerProcess _process;

    private HttpServerProcess(ServerProcess process, Uri uri)
    {
        _process = process;
        Uri = uri;
    }

    /// <summary>Where it listens.</summary>
    public Uri Uri { get; }

    /// <summary>The process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it was told to end.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => IsClosed || _process.ExitCode is not null;

    /// <summary>Starts a program and waits until it listens.</summary>
    /// <param name="program">Writes <c>{"url":…}</c> once it listens, and ends when its standard input does.</param>
    /// <param name="port">The port it was told to listen on.</param>
    /// <param name="token">The bearer token it demands; null for none.</param>
    /// <param name="cancellationToken">Gives up, and leaves nothing behind.</param>
    /// <exception cref="McpFailureException">McpServerStartFailed.</exception>
    public static async Task<HttpServerProcess> StartAsync(StdioEndpoint program, int port, Secret? token, CancellationToken cancellationToken)
    {
        // Set in any case: a token in this shell's own environment is not meant for this server.
        StdioEndpoint executable = program with { Environment = new Dictionary<string, string?>(program.Environment) { [TokenVariable] = token?.Reveal() } };
        ServerProcess process = Start(executable);
        try
        {
            return new HttpServerProcess(process, await ReadUriAsync(process, port, cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            await process.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Ends the server.</summary>
    public ValueTask DisposeAsync()
    {
        IsClosed = true;
        return _process.DisposeAsync();
    }

    private static ServerProcess Start(StdioEndpoint executable)
    {
        try
        {
            return ServerProcess.Start(executable);
        }
        catch (McpFailureException failure)
        {
            throw new McpFailureException(ErrorIds.ServerStartFailed, failure.Message, failure);
        }
    }

    private static async Task<Uri> ReadUriAsync(ServerProcess process, int port, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(process.Output, leaveOpen: true);
        string? line;
        try
        {
            line = await reader.ReadLineAsync(CancellationToken.None).AsTask().WaitAsync(StartLimit, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new McpFailureException(ErrorIds.ServerStartFailed, $"The server did not listen within {StartLimit.TotalSeconds:0} s.");
        }

        return UriOf(line) ?? throw await ExplainAsync(process, port).ConfigureAwait(false);
    }

    private static async Task<McpFailureException> ExplainAsync(ServerProcess process, int port)
    {
        // The output ends a moment before the process does.
        await process.WaitForExitAsync(ExitLimit).ConfigureAwait(false);
        return StartFailures.Explain(port, process.ExitCode, string.Join(Environment.NewLine, await process.LastErrorLinesAsync().ConfigureAwait(false)));
    }

    private static Uri? UriOf(string? line)
    {
        try
        {
            using JsonDocument? ready = line is null ? null : JsonDocument.Parse(line);
            return ready is not null && ready.RootElement.TryGetProperty("url", out JsonElement url) ? new Uri(url.GetString()!) : null;
        }
        catch (JsonException)
        {
            // Not the line that was promised: explained by what it wrote to the standard error.
            return null;
        }
    }
}
