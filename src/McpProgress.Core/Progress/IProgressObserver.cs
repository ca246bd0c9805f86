namespace McpProgress.Core.Progress;

/// <summary>Sees every update of one call, in wire order.</summary>
public interface IProgressObserver
{
    /// <summary>Called on the thread that reads the connection: it must return at once and never block.</summary>
    /// <param name="update">The update just applied.</param>
    void OnProgress(in ProgressUpdate update);
}
