using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.Channels;
using McpProgress.Core.Configuration;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SQLitePCL;

namespace McpProgress.Server.Tasks;

/// <summary>
/// Keeps tasks in a SQLite file, so that they outlive the process, also one that was killed. One process at a time has
/// the file: what another one finds unfinished in it is then certainly lost.
/// </summary>
/// <remarks>
/// All work goes through one thread. What waits for it at the same time is written in one transaction, so a burst of
/// tasks costs few syncs of the disk although each is durable before it is acknowledged.
/// </remarks>
public sealed partial class SqliteTaskStore : ITaskStore, IAsyncDisposable
{
    private const int SchemaVersion = 1;
    private const int MaxBatch = 256;
    private const int NotADatabase = 26;
    private const int Busy = 5;

    // A server that was just stopped may still be closing the file.
    private const int BusySeconds = 5;

    private static readonly JsonSerializerOptions Json = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    private readonly SqliteConnection _connection;
    private readonly ILogger _logger;
    private readonly Channel<Job> _jobs = Channel.CreateUnbounded<Job>(new() { SingleReader = true });
    private readonly Task _working;

    private SqliteTaskStore(SqliteConnection connection, ILogger logger)
    {
        _connection = connection;
        _logger = logger;
        _working = Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Opens a file, or makes it.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="logger">Is told what cannot be read in it; null for nobody.</param>
    /// <exception cref="IOException">It cannot be opened, is no such file, or another process has it.</exception>
    public static SqliteTaskStore Open(string path, ILogger? logger = null)
    {
        Batteries_V2.Init();
        SqliteConnection? connection = null;
        try
        {
            // The results of tools are nobody else's business.
            new FileStream(path, PrivateFile.Options(FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite)).Dispose();
            var settings = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = BusySeconds };
            connection = new SqliteConnection(settings.ToString());
            connection.Open();
            Execute(connection, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN EXCLUSIVE; COMMIT;");
            Migrate(connection, path);
            return new SqliteTaskStore(connection, logger ?? NullLogger.Instance);
        }
        catch (Exception failure)
        {
            connection?.Dispose();
            throw Explain(path, failure);
        }
    }

    /// <inheritdoc/>
    public Task SaveAsync(TaskRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        var text = JsonSerializer.Serialize(record, Json);
        return EnqueueAsync(connection =>
        {
            using var command = Command(
                connection,
                """
                INSERT INTO tasks (id, ended, expires, record) VALUES ($id, $ended, $expires, $record)
                ON CONFLICT (id) DO UPDATE SET ended = excluded.ended, expires = excluded.expires, record = excluded.record
                """);
            command.Parameters.AddWithValue("$id", record.Id);
            command.Parameters.AddWithValue("$ended", record.IsTerminal);
            command.Parameters.AddWithValue("$expires", record.ExpiresAt.ToUnixTimeMilliseconds());
            command.Parameters.AddWithValue("$record", text);
            return command.ExecuteNonQuery();
        });
    }

    /// <inheritdoc/>
    public Task<TaskRecord?> FindAsync(string id) => EnqueueAsync(connection =>
    {
        using var command = Command(connection, "SELECT record FROM tasks WHERE id = $id");
        command.Parameters.AddWithValue("$id", id);
        return command.ExecuteScalar() is string text ? Read(text) : null;
    });

    /// <inheritdoc/>
    public Task<TaskPage> ListAsync(string? cursor, int count)
    {
        var after = PageCursor.Read(cursor);
        return EnqueueAsync(connection =>
        {
            using var command = Command(connection, "SELECT number, record FROM tasks WHERE number > $after ORDER BY number LIMIT $count");
            command.Parameters.AddWithValue("$after", after);
            command.Parameters.AddWithValue("$count", count + 1);
            using var rows = command.ExecuteReader();
            var tasks = new List<TaskRecord>();
            var last = after;
            for (var seen = 0; rows.Read(); seen++)
            {
                if (seen == count)
                {
                    return new TaskPage(tasks, PageCursor.Write(last));
                }

                last = rows.GetInt64(0);
                if (Read(rows.GetString(1)) is { } task)
                {
                    tasks.Add(task);
                }
            }

            return new TaskPage(tasks, null);
        });
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TaskRecord>> ListUnfinishedAsync() => EnqueueAsync<IReadOnlyList<TaskRecord>>(connection =>
    {
        using var command = Command(connection, "SELECT record FROM tasks WHERE ended = 0 ORDER BY number");
        using var rows = command.ExecuteReader();
        var tasks = new List<TaskRecord>();
        while (rows.Read())
        {
            if (Read(rows.GetString(0)) is { } task)
            {
                tasks.Add(task);
            }
        }

        return tasks;
    });

    /// <inheritdoc/>
    public Task PruneAsync(DateTimeOffset now, int keep) => EnqueueAsync(connection =>
    {
        using var command = Command(
            connection,
            """
            DELETE FROM tasks WHERE expires <= $now
                OR number IN (SELECT number FROM tasks WHERE ended = 1 ORDER BY number DESC LIMIT -1 OFFSET $keep)
            """);
        command.Parameters.AddWithValue("$now", now.ToUnixTimeMilliseconds());
        command.Parameters.AddWithValue("$keep", keep);
        return command.ExecuteNonQuery();
    });

    /// <summary>Writes what waits and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        _jobs.Writer.TryComplete();
        await _working.ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
    }

    // Null for a row that another version wrote, or a failing disk: one task that is lost must not take the others along.
    private TaskRecord? Read(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<TaskRecord>(text, Json);
        }
        catch (JsonException failure)
        {
            LogUnreadable(_logger, failure.Message);
            return null;
        }
    }

    private static IOException Failed(Exception failure) => new IOException($"The task store could not be written or read: {failure.Message}", failure);

    private static Exception Explain(string path, Exception failure) => failure switch
    {
        SqliteException { SqliteErrorCode: Busy } => new IOException($"The task store '{path}' is in use by another server. Give each server a file of its own.", failure),
        SqliteException { SqliteErrorCode: NotADatabase } => new IOException($"The file '{path}' is no task store.", failure),
        SqliteException or UnauthorizedAccessException => new IOException($"The task store '{path}' cannot be opened: {failure.Message}", failure),
        _ => failure,
    };

    private static void Migrate(SqliteConnection connection, string path)
    {
        using var version = Command(connection, "PRAGMA user_version");
        var found = Convert.ToInt32(version.ExecuteScalar(), CultureInfo.InvariantCulture);
        if (found > SchemaVersion)
        {
            throw new IOException($"The task store '{path}' was made by a newer version of this server.");
        }

        Execute(
            connection,
            """
            BEGIN;
            CREATE TABLE IF NOT EXISTS tasks (
                number INTEGER PRIMARY KEY AUTOINCREMENT,
                id TEXT NOT NULL UNIQUE,
                ended INTEGER NOT NULL,
                expires INTEGER NOT NULL,
                record TEXT NOT NULL);
            CREATE INDEX IF NOT EXISTS tasks_ended ON tasks (ended, number);
            CREATE INDEX IF NOT EXISTS tasks_expires ON tasks (expires);
            PRAGMA user_version = 1;
            COMMIT;
            """);
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // Every text is a constant of this class; values are parameters.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = Command(connection, sql);
        command.ExecuteNonQuery();
    }

    private async Task<T> EnqueueAsync<T>(Func<SqliteConnection, T> act)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var result = new StrongBox<T>();
        ObjectDisposedException.ThrowIf(!_jobs.Writer.TryWrite(new Job(connection => result.Value = act(connection), done)), this);
        await done.Task.ConfigureAwait(false);
        return result.Value!;
    }

    private void Work()
    {
        var batch = new List<Job>();
        while (_jobs.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            batch.Clear();
            while (batch.Count < MaxBatch && _jobs.Reader.TryRead(out var job))
            {
                batch.Add(job);
            }

            try
            {
                Execute(_connection, "BEGIN");
                batch.ForEach(Act);
                Execute(_connection, "COMMIT");
                batch.ForEach(job => job.Done.TrySetResult());
            }
#pragma warning disable CA1031 // Every failure is told to those who wait for the batch; the store goes on with the next one.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                RollBack();
                batch.ForEach(job => job.Done.TrySetException(Failed(failure)));
            }
        }
    }

    // What fails by itself, of one statement each, leaves the others their transaction; a failure that ended it is everybody's.
    private void Act(Job job)
    {
        try
        {
            job.Act(_connection);
        }
        catch (Exception failure) when (raw.sqlite3_get_autocommit(_connection.Handle) == 0)
        {
            job.Done.TrySetException(Failed(failure));
        }
    }

    private void RollBack()
    {
        try
        {
            Execute(_connection, "ROLLBACK");
        }
        catch (SqliteException)
        {
            // SQLite has rolled back by itself, as it does on a full disk.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Passed over a task that cannot be read in the store: {Reason}")]
    private static partial void LogUnreadable(ILogger logger, string reason);

    private sealed record Job(Action<SqliteConnection> Act, TaskCompletionSource Done);
}
