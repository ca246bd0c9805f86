using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace McpProgress.Core.Tasks;

/// <summary>What is kept of a task, so that a later session can take it up again.</summary>
public sealed record TaskRecord
{
    /// <summary>The server's id of it.</summary>
    public required string Id { get; init; }

    /// <summary>How it travels: a task of either revision.</summary>
    public required BackgroundKind Kind { get; init; }

    /// <summary>The name of the connection it was started on.</summary>
    public required string ServerName { get; init; }

    /// <summary>The command or address of the server; never a token or an environment.</summary>
    public required string ServerKey { get; init; }

    /// <summary>The tool.</summary>
    public required string Tool { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the server may forget it.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The last state known.</summary>
    public required BackgroundStatus Status { get; init; }

    /// <summary>What the server last said.</summary>
    public string? StatusMessage { get; init; }

    /// <summary>How often the server wants to be asked, in milliseconds.</summary>
    public double? PollIntervalMs { get; init; }
}

/// <summary>
/// The tasks that can still be asked for, over all sessions of a user: one small file each, replaced in one step, so
/// that any number of processes can use it at once without a lock.
/// </summary>
/// <param name="folder">Where the files are.</param>
/// <param name="time">The clock of expiry.</param>
public sealed class TaskRegistry(string folder, TimeProvider time)
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter() },
        WriteIndented = true,
    };

    /// <summary>The user's registry.</summary>
    public static TaskRegistry Default { get; } = new(Path.Combine(StateFolder(), "mcpprogress", "tasks"), TimeProvider.System);

    /// <summary>Writes or replaces a record.</summary>
    public void Save(TaskRecord record)
    {
        CreateFolder();
        string path = PathOf(record.ServerKey, record.Id);
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(record, Format));
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Forgets a task.</summary>
    public void Remove(string serverKey, string id) => File.Delete(PathOf(serverKey, id));

    /// <summary>All that can still be asked for; forgets those whose time is over.</summary>
    public IReadOnlyList<TaskRecord> List()
    {
        if (!Directory.Exists(folder))
        {
            return [];
        }

        var records = new List<TaskRecord>();
        foreach (string path in Directory.EnumerateFiles(folder, "*.json"))
        {
            if (Read(path) is not { } record)
            {
                continue;
            }

            if (record.ExpiresAt < time.GetUtcNow())
            {
                File.Delete(path);
            }
            else
            {
                records.Add(record);
            }
        }

        return [.. records.OrderBy(record => record.CreatedAt)];
    }

    /// <summary>A record that cannot be read is skipped: another version wrote it, or it is being removed right now.</summary>
    private static TaskRecord? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<TaskRecord>(File.ReadAllBytes(path), Format);
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // What tools were called, and what servers said of it, is nobody else's business.
    private void CreateFolder()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    // Ids come from servers: they must not become path segments.
    private string PathOf(string serverKey, string id) =>
        Path.Combine(folder, Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{serverKey}\n{id}")))[..32] + ".json");

    private static string StateFolder()
    {
        if (Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } state)
        {
            return state;
        }

        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Application Support")
            : Path.Combine(home, ".local", "state");
    }
}
