using McpProgress.Server.Protocol;
using McpProgress.Server.Samples;
using McpProgress.Server.Tasks;
using Microsoft.Extensions.Logging;

namespace McpProgress.Server.Host;

/// <summary>What the serving commands were told.</summary>
internal sealed record ServeOptions
{
    /// <summary>The environment variable that holds the bearer token; never an argument, which others can see.</summary>
    public const string TokenVariable = "MCPPROGRESS_TOKEN";

    private const string FilePrefix = "file:";

    public double Speed { get; init; } = 1;

    public double ProgressRate { get; init; } = ToolServerOptions.DefaultProgressRate;

    public string Host { get; init; } = "127.0.0.1";

    public int Port { get; init; }

    /// <summary>The file tasks are kept in; null keeps them in memory.</summary>
    public string? TaskFile { get; init; }

    public bool ExitWithStdin { get; init; }

    public static ServeOptions ForStdio(string[] args) => Read("stdio", args, http: false);

    public static ServeOptions ForHttp(string[] args) => Read("http", args, http: true);

    /// <summary>Opens the store for tasks.</summary>
    /// <param name="loggers">Where it logs.</param>
    /// <exception cref="FailureException">The file cannot be used.</exception>
    public ITaskStore OpenTasks(ILoggerFactory loggers)
    {
        try
        {
            return TaskFile is null ? new MemoryTaskStore() : SqliteTaskStore.Open(TaskFile, loggers.CreateLogger("McpProgress.Server.Tasks"));
        }
        catch (IOException failure)
        {
            throw new FailureException(failure.Message, failure);
        }
    }

    /// <summary>The sample tools, served so.</summary>
    /// <param name="tasks">Where tasks are kept; null keeps them in memory.</param>
    public ToolServerOptions ToTools(ITaskStore? tasks = null) => new()
    {
        Tasks = new TaskOptions { Store = tasks ?? new MemoryTaskStore() },
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
                "--task-store" => options with { TaskFile = TaskFileOf(reader.Text()) },
                "--host" when http => options with { Host = reader.Text() },
                "--port" when http => options with { Port = reader.Port() },
                "--exit-with-stdin" when http => options with { ExitWithStdin = true },
                _ => throw reader.Unknown(command),
            };
        }

        return options;
    }

    private static string? TaskFileOf(string store) =>
        store == "memory" ? null
        : store.StartsWith(FilePrefix, StringComparison.Ordinal) && store.Length > FilePrefix.Length ? Path.GetFullPath(store[FilePrefix.Length..])
        : throw new MisuseException($"The option --task-store needs memory or file:PATH, not '{store}'.");
}
