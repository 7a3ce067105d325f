using CoopGrid.LoadTest.Traces;
using Grpc.Core;

namespace CoopGrid.LoadTest.Commands;

/// <summary>Tells what went wrong in one line, and leaves with exit code 2.</summary>
internal static class Guard
{
    public static async Task<int> RunAsync(Func<Task<int>> deed)
    {
        try
        {
            return await deed();
        }
        catch (RpcException error)
        {
            await Console.Error.WriteLineAsync($"The grid answers {error.StatusCode}: {error.Status.Detail}");
        }
        catch (Exception error) when (error is TraceException or IOException or InvalidDataException or ArgumentException or UriFormatException
            or UnauthorizedAccessException or InvalidOperationException)
        {
            await Console.Error.WriteLineAsync(error.Message);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("Stopped.");
        }

        return 2;
    }
}
