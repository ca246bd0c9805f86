using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpProgress.Server.Protocol;

namespace McpProgress.Server.Tasks;

/// <summary>Tasks on the wire, in the form of either revision.</summary>
internal static class TaskJson
{
    /// <summary>The <c>_meta</c> member with the numbers of progress, which the tasks extension has no field for.</summary>
    private const string ProgressKey = "mcpprogress/progress";

    /// <summary>A task of revision 2025-11-25.</summary>
    public static JsonObject ToTask2025(TaskRecord record, TimeSpan pollInterval)
    {
        // There a result that says isError makes the task failed; later it is completed, and failed means an error of JSON-RPC.
        var json = Common(record, HasToolError(record) ? TaskState.Failed : record.State);
        json["ttl"] = (long)(record.ExpiresAt - record.CreatedAt).TotalMilliseconds;
        json["pollInterval"] = (long)pollInterval.TotalMilliseconds;
        return json;
    }

    /// <summary>A task of the extension, as the call that created it is answered.</summary>
    public static JsonObject ToCreated(TaskRecord record, TimeSpan pollInterval)
    {
        var json = Common(record, record.State);
        json["resultType"] = "task";
        json["ttlMs"] = (long)(record.ExpiresAt - record.CreatedAt).TotalMilliseconds;
        json["pollIntervalMs"] = (long)pollInterval.TotalMilliseconds;
        return json;
    }

    /// <summary>The full state of a task of the extension: with its result, error or questions.</summary>
    public static JsonObject ToState(TaskRecord record, IReadOnlyList<TaskQuestion> questions, TimeSpan pollInterval)
    {
        var json = ToCreated(record, pollInterval);
        json.Remove("resultType");
        switch (record.State)
        {
            case TaskState.Completed:
                var result = (JsonObject)JsonSerializer.SerializeToNode(record.Result)!;
                result.TryAdd("resultType", "complete");
                json["result"] = result;
                break;

            case TaskState.Failed:
                json["error"] = new JsonObject { ["code"] = record.Error?.Code, ["message"] = record.Error?.Message };
                break;

            case TaskState.InputRequired:
                json["inputRequests"] = new JsonObject(questions.Select(question =>
                    KeyValuePair.Create(question.Key, (JsonNode?)question.Question.ToInputRequest())));
                break;
        }

        if (record.Progress is { } progress)
        {
            var numbers = new JsonObject { ["progress"] = progress };
            if (record.Total is { } total)
            {
                numbers["total"] = total;
            }

            json["_meta"] = new JsonObject { [ProgressKey] = numbers };
        }

        return json;
    }

    private static bool HasToolError(TaskRecord record) =>
        record.Result is { } result && result.TryGetProperty("isError", out var isError) && isError.ValueKind == JsonValueKind.True;

    private static JsonObject Common(TaskRecord record, TaskState state)
    {
        var json = new JsonObject
        {
            ["taskId"] = record.Id,
            ["status"] = state switch
            {
                TaskState.Working => "working",
                TaskState.InputRequired => "input_required",
                TaskState.Completed => "completed",
                TaskState.Failed => "failed",
                _ => "cancelled",
            },
            ["createdAt"] = Time(record.CreatedAt),
            ["lastUpdatedAt"] = Time(record.UpdatedAt),
        };
        if (record.Message is { } message)
        {
            json["statusMessage"] = message;
        }

        return json;
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
