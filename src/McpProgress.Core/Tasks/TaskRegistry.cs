using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using McpProgress.Core.Configuration;

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
    private static readonly TimeSpan KeptAfterExpiry = TimeSpan.FromDays(7);

    /// <summary>The user's registry.</summary>
    public static TaskRegistry Default { get; } = new(UserState.Folder("tasks"), TimeProvider.System);

    /// <summary>Writes or replaces a record.</summary>
    public void Save(TaskRecord record)
    {
        // What tools were called, and what servers said of it, is nobody else's business.
        UserState.Create(folder);
        string path = PathOf(record.ServerKey, record.Id);
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(record, Files.Format));
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Forgets a task.</summary>
    public void Remove(string serverKey, string id) => Delete(PathOf(serverKey, id));

    /// <summary>All that can still be asked for, oldest first.</summary>
    public IReadOnlyList<TaskRecord> List() => [.. Read().Where(record => !IsOver(record.ExpiresAt))];

    /// <summary>Whether a task was kept whose time is over: what is not there any more can be told from what never was.</summary>
    public bool HasExpired(string id) => Read().Any(record => record.Id == id && IsOver(record.ExpiresAt));

    private List<TaskRecord> Read()
    {
        var records = new List<TaskRecord>();
        if (!Directory.Exists(folder))
        {
            return records;
        }

        foreach (string path in Directory.EnumerateFiles(folder))
        {
            if (Path.GetExtension(path) != ".json")
            {
                DeleteWhenAbandoned(path);
            }
            else if (Read(path) is { } record)
            {
                if (record.ExpiresAt < time.GetUtcNow() - KeptAfterExpiry)
                {
                    Delete(path);
                }
                else
                {
                    records.Add(record);
                }
            }
        }

        records.Sort((one, other) => one.CreatedAt.CompareTo(other.CreatedAt));
        return records;
    }

    /// <summary>A record that cannot be read is skipped: another version wrote it, or it is being removed right now.</summary>
    private static TaskRecord? Read(string path)
    {
        try
        {
            // Sharing all there is to share: on Windows the file could not be replaced meanwhile otherwise.
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            TaskRecord? record = JsonSerializer.Deserialize<TaskRecord>(file, Files.Format);
            return record is { Id: not null, ServerName: not null, ServerKey: not null, Tool: not null, PollIntervalMs: null or (>= 0 and < int.MaxValue) } ? record : null;
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private bool IsOver(DateTimeOffset? moment) => moment < time.GetUtcNow();

    // A process that was killed while it wrote a record leaves the new one behind under its temporary name.
    private void DeleteWhenAbandoned(string path)
    {
        if (File.GetLastWriteTimeUtc(path) < time.GetUtcNow() - KeptAfterExpiry)
        {
            Delete(path);
        }
    }

    private static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // There is no folder, or somebody else is at it: what cannot be removed now expires.
        }
    }

    // Ids come from servers: they must not become path segments.
    private string PathOf(string serverKey, string id) =>
        Path.Combine(folder, Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{serverKey}\n{id}")))[..32] + ".json");

    // Made when the first file is written or read, not with every connection.
    private static class Files
    {
        public static readonly JsonSerializerOptions Format = new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            Converters = { new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false) },
            WriteIndented = true,
        };
    }
}
