using System.Text.Json.Nodes;
using McpProgress.Server.Tools;

namespace McpProgress.Server.Protocol;

/// <summary>Questions a tool asked at once; it goes on when the last of them is answered.</summary>
/// <param name="questions">The questions, in the order of their answers.</param>
internal sealed class QuestionSet(IReadOnlyList<KeyedQuestion> questions)
{
    private readonly TaskCompletionSource<IReadOnlyList<object>> _answers = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The answers, once all are there.</summary>
    public Task<IReadOnlyList<object>> Answers => _answers.Task;

    /// <summary>Those that wait for an answer.</summary>
    public IEnumerable<KeyedQuestion> Open => questions.Where(question => question.Answer is null);

    /// <summary>Whether these answers fit; those of no question are not looked at.</summary>
    /// <exception cref="FormatException">One does not fit; the message names it.</exception>
    public void Check(IDictionary<string, JsonNode?> responses)
    {
        foreach (var question in Open)
        {
            if (responses.TryGetValue(question.Key, out var response))
            {
                question.Read(response);
            }
        }
    }

    /// <summary>Takes the answers out that belong to a question.</summary>
    /// <returns>False when questions are left.</returns>
    /// <exception cref="FormatException">One does not fit; the message names it.</exception>
    public bool Answer(IDictionary<string, JsonNode?> responses)
    {
        foreach (var question in Open)
        {
            if (responses.TryGetValue(question.Key, out var response))
            {
                question.Answer = question.Read(response);
                responses.Remove(question.Key);
            }
        }

        return !Open.Any();
    }

    /// <summary>Lets the tool go on.</summary>
    public void Complete() => _answers.TrySetResult([.. questions.Select(question => question.Answer!)]);

    /// <summary>The open questions as <c>inputRequests</c>.</summary>
    public JsonObject ToInputRequests() =>
        new(Open.Select(question => KeyValuePair.Create(question.Key, (JsonNode?)question.Question.ToInputRequest())));
}

/// <summary>A question and the place for its answer.</summary>
/// <param name="Key">The name its answer comes under.</param>
/// <param name="Question">The question.</param>
internal sealed record KeyedQuestion(string Key, ToolQuestion Question)
{
    /// <summary>The answer; null while there is none.</summary>
    public object? Answer { get; set; }

    /// <summary>Reads an answer.</summary>
    /// <exception cref="FormatException">It does not fit.</exception>
    public object Read(JsonNode? response)
    {
        try
        {
            return Question.ReadAnswer(response);
        }
        catch (FormatException failure)
        {
            throw new FormatException($"The answer to '{Question.Text}' does not fit: {failure.Message}", failure);
        }
    }
}
