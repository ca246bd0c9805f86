using McpProgress.Server.Protocol;
using McpProgress.Server.Samples;

namespace McpProgress.Server.Host;

/// <summary>What the serving commands were told.</summary>
internal sealed record ServeOptions
{
    /// <summary>The environment variable that holds the bearer token; never an argument, which others can see.</summary>
    public const string TokenVariable = "MCPPROGRESS_TOKEN";

    public double Speed { get; init; } = 1;

    public double ProgressRate { get; init; } = ToolServerOptions.DefaultProgressRate;

    public string Host { get; init; } = "127.0.0.1";

    public int Port { get; init; }

    public bool ExitWithStdin { get; init; }

    public static ServeOptions ForStdio(string[] args) => Read("stdio", args, http: false);

    public static ServeOptions ForHttp(string[] args) => Read("http", args, http: true);

    /// <summary>The sample tools, served so.</summary>
    public ToolServerOptions ToTools() => new()
    {
        Tools = SampleTools.All(new SampleOptions { Speed = Speed }),
        ProgressRate = ProgressRate,
        Instructions = SampleTools.Instructions,
    };

    private static ServeOptions Read(string command, string[] args, bool http)
    {
        var options = new ServeOptions();
        var reader = new OptionReader(args);
        while (reader.Read())
        {
            options = reader.Current switch
            {
                "--speed" => options with { Speed = reader.Number(0, orEqual: false) },
                "--progress-rate" => options with { ProgressRate = reader.Number(0, orEqual: true) },
                "--host" when http => options with { Host = reader.Text() },
                "--port" when http => options with { Port = reader.Port() },
                "--exit-with-stdin" when http => options with { ExitWithStdin = true },
                _ => throw reader.Unknown(command),
            };
        }

        return options;
    }
}
