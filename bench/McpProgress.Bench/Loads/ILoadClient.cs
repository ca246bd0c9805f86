namespace McpProgress.Bench.Loads;

/// <summary>A connection to <c>FaultyServer flood</c>, through whatever client is measured.</summary>
internal interface ILoadClient : IAsyncDisposable
{
    /// <summary>Calls the tool <c>flood</c>; each update's value goes to <paramref name="onProgress"/>, from any thread.</summary>
    Task FloodAsync(int count, Action<double> onProgress);

    /// <summary>Calls the tool <c>echo</c> once.</summary>
    Task EchoAsync();
}
