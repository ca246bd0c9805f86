using System.Text;
using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpProgress.ConformanceServer;

/// <summary>The prompts the suite gets and the completion of their arguments, served by the SDK beside our tools.</summary>
internal static class Prompts
{
    private const string Simple = "test_simple_prompt";
    private const string WithArguments = "test_prompt_with_arguments";
    private const string WithResource = "test_prompt_with_embedded_resource";
    private const string WithImage = "test_prompt_with_image";
    private const string WithInput = "test_input_required_result_prompt";
    private static readonly TimeSpan s_fresh = TimeSpan.FromMinutes(5);

    public static void AddTo(McpServerOptions server)
    {
        server.Capabilities!.Prompts = new PromptsCapability();
        server.Capabilities.Completions = new CompletionsCapability();
        server.Handlers.ListPromptsHandler = (_, _) => ValueTask.FromResult(new ListPromptsResult
        {
            Prompts =
            [
                new Prompt { Name = Simple, Description = "A prompt without arguments." },
                new Prompt { Name = WithArguments, Description = "A prompt with arguments.", Arguments = [Required("arg1"), Required("arg2")] },
                new Prompt { Name = WithResource, Description = "A prompt with a resource in it.", Arguments = [Required("resourceUri")] },
                new Prompt { Name = WithImage, Description = "A prompt with an image." },
                new Prompt { Name = WithInput, Description = "A prompt that asks its user." },
            ],
            TimeToLive = s_fresh,
            CacheScope = CacheScope.Public,
        });
        server.Handlers.GetPromptHandler = (request, _) => ValueTask.FromResult(Get(request.Params!));
        server.Handlers.CompleteHandler = (request, _) => ValueTask.FromResult(new CompleteResult
        {
            Completion = new Completion { Values = [.. Candidates().Where(value => value.StartsWith(request.Params!.Argument.Value, StringComparison.Ordinal))] },
        });
    }

    private static string[] Candidates() => ["paris", "park", "party"];

    private static GetPromptResult Get(GetPromptRequestParams prompt) => prompt.Name switch
    {
        Simple => Of(Text("This is a simple prompt for testing.")),
        WithArguments => Of(Text($"Prompt with arguments: arg1='{Argument(prompt, "arg1")}', arg2='{Argument(prompt, "arg2")}'")),
        WithResource => Of(
            new EmbeddedResourceBlock
            {
                Resource = new TextResourceContents { Uri = Argument(prompt, "resourceUri"), MimeType = "text/plain", Text = "Embedded resource content for testing." },
            },
            Text("Please process the embedded resource above.")),
        WithImage => Of(new ImageContentBlock { MimeType = "image/png", Data = Encoding.UTF8.GetBytes(Media.Image) }, Text("Please analyze the image above.")),
        WithInput => GetWithInput(prompt),
        _ => throw new McpProtocolException($"There is no prompt '{prompt.Name}'.", McpErrorCode.InvalidParams),
    };

    private static GetPromptResult GetWithInput(GetPromptRequestParams prompt)
    {
        if (prompt.InputResponses is { } responses && responses.TryGetValue("user_context", out var response))
        {
            var answer = response.Deserialize(InputResponse.ElicitResultJsonTypeInfo);
            return Of(Text($"Use this context: {answer?.Content?["context"]}"));
        }

        throw new InputRequiredException(new Dictionary<string, InputRequest>
        {
            ["user_context"] = InputRequest.ForElicitation(new ElicitRequestParams
            {
                Message = "What context should the prompt use?",
                RequestedSchema = new ElicitRequestParams.RequestSchema
                {
                    Properties = { ["context"] = new ElicitRequestParams.StringSchema() },
                    Required = ["context"],
                },
            }),
        });
    }

    private static PromptArgument Required(string name) => new() { Name = name, Required = true };

    private static string Argument(GetPromptRequestParams prompt, string name) =>
        prompt.Arguments is { } arguments && arguments.TryGetValue(name, out var value)
            ? value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText()
            : throw new McpProtocolException($"The prompt '{prompt.Name}' needs the argument '{name}'.", McpErrorCode.InvalidParams);

    private static TextContentBlock Text(string text) => new() { Text = text };

    private static GetPromptResult Of(params ContentBlock[] blocks) =>
        new() { Messages = [.. blocks.Select(block => new PromptMessage { Role = Role.User, Content = block })] };
}
