using System.Text.Json.Nodes;
using McpProgress.Core;
using McpProgress.Core.Calls;
using McpProgress.Core.Connections;
using McpProgress.Core.Progress;

namespace McpProgress.Server.Host;

/// <summary>Shows every shape of progress: starts this server as a child and calls its tools over stdio.</summary>
internal static class DemoCommand
{
    // Enough to see it run before it is cancelled.
    private const int TicksBeforeCancel = 3;

    private static readonly (string Title, string Tool, string Arguments)[] Calls =
    [
        ("A known total", "process_items", """{"items":["Hello-1","Hello-2","Hello-3"]}"""),
        ("A percentage in the message, and log messages", "download_file", """{"filename":"dataset.zip","size_mb":1}"""),
        ("Phases", "process_data", """{"records":20}"""),
        ("Steps without a total", "install_package", """{"package":"example"}"""),
        ("An unknown total", "scan_files", """{"path":"/data","files":5}"""),
        ("Not linear", "train_model", """{"epochs":8}"""),
        ("Five steps of an analysis", "analyze_data", """{"data_id":"d1"}"""),
        ("A failure half-way", "fail_halfway", """{"steps":6}"""),
    ];

    public static async Task<int> RunAsync(string[] args)
    {
        var speed = ReadSpeed(args);
        using var stop = StopSignals.Listen();
        try
        {
            var connection = await ServerConnection.ConnectAsync("demo", SampleServer.Endpoint(speed), cancellationToken: stop.Token).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                var printer = new CallPrinter(connection, Console.Out);
                await using (printer.ConfigureAwait(false))
                {
                    printer.Print($"Connected to {connection.ServerName} {connection.ServerVersion} over stdio, protocol {connection.ProtocolVersion}.");
                    foreach (var (title, tool, arguments) in Calls)
                    {
                        printer.Print($"\n{title}: {tool} {arguments}");
                        await printer.CallAsync(new ToolCallRequest(tool, JsonNode.Parse(arguments)!.AsObject()), stop.Token).ConfigureAwait(false);
                    }

                    printer.Print("\nCancelled by the client: run_forever {}");
                    await CancelAsync(printer, stop.Token).ConfigureAwait(false);
                }
            }

            return CommandLine.Success;
        }
        catch (McpFailureException failure)
        {
            // Ctrl+C may reach the server, too: what ended first is then of no interest.
            throw new FailureException(stop.Token.IsCancellationRequested ? "Cancelled." : failure.Message, failure);
        }
    }

    private static async Task CancelAsync(CallPrinter printer, CancellationToken stop)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var call = new ToolCallRequest("run_forever", []) { Observer = new CancelAfter(TicksBeforeCancel, cancel) };
        try
        {
            await printer.CallAsync(call, cancel.Token).ConfigureAwait(false);
        }
        catch (McpFailureException end) when (end.ErrorId == ErrorIds.Cancelled && !stop.IsCancellationRequested)
        {
            printer.Print("[Client Result] cancelled");
        }
    }

    private static double ReadSpeed(string[] args)
    {
        var speed = 1.0;
        var reader = new OptionReader(args);
        while (reader.Read())
        {
            speed = reader.Current == "--speed" ? reader.Number(0, orEqual: false) : throw reader.Unknown("demo");
        }

        return speed;
    }

    private sealed class CancelAfter(int updates, CancellationTokenSource cancel) : IProgressObserver
    {
        // Cancelling runs callbacks, and this is the connection's reader: it must not wait for them.
        public void OnProgress(in ProgressUpdate update)
        {
            if (update.Sequence == updates)
            {
                _ = cancel.CancelAsync();
            }
        }
    }
}
