using System.Diagnostics;
using System.Management.Automation;
using System.Text;

namespace McpProgress.LeastModule;

/// <summary>
/// Starts a server over stdio and calls its echo, with lines that are written here as they stand: nothing is negotiated,
/// checked, converted, shown or looked after.
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "Least")]
[OutputType(typeof(string))]
public sealed class InvokeLeastCommand : PSCmdlet
{
    /// <summary>The server's executable.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    public string Server { get; set; } = "";

    /// <summary>What it is to echo.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    public string Message { get; set; } = "";

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var start = new ProcessStartInfo(Server, ["echo"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        Stream input = process.StandardInput.BaseStream;
        input.Write("""{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"least","version":"1"}}}"""u8);
        input.Write("\n"u8);
        Await(process, "\"id\":1");
        input.Write("""{"jsonrpc":"2.0","method":"notifications/initialized"}"""u8);
        input.Write("\n"u8);
        input.Write(Encoding.UTF8.GetBytes($$$$"""{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo","arguments":{"message":"{{{{Message}}}}"}}}""" + "\n"));
        WriteObject(Await(process, "\"id\":2"));
        process.StandardInput.Close();
        process.WaitForExit();
    }

    private static string Await(Process process, string id)
    {
        while (true)
        {
            string line = process.StandardOutput.ReadLine() ?? throw new IOException("The server ended.");
            if (line.Contains(id, StringComparison.Ordinal))
            {
                return line;
            }
        }
    }
}
