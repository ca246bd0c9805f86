using System.Globalization;
using McpProgress.Core.Connections;

namespace McpProgress.Server.Host;

/// <summary>This executable as a stdio server of its own.</summary>
internal static class SampleServer
{
    /// <summary>How to start it with the given speed, every step of progress sent.</summary>
    public static StdioEndpoint Endpoint(double speed)
    {
        string[] serve = ["stdio", "--speed", speed.ToString(CultureInfo.InvariantCulture), "--progress-rate", "0"];

        // Started as "dotnet mcpprogress-server.dll", the process is dotnet and needs the assembly's name again.
        var process = Environment.ProcessPath ?? throw new FailureException("This process does not know its own path.");
        return Path.GetFileNameWithoutExtension(process).Equals("dotnet", StringComparison.OrdinalIgnoreCase)
            ? new StdioEndpoint(process, [typeof(SampleServer).Assembly.Location, .. serve])
            : new StdioEndpoint(process, serve);
    }
}
