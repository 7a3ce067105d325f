namespace CoopGrid.LoadTest.Tests.Fakes;

/// <summary>Waits for a condition, with a deadline that names what is missing.</summary>
internal static class Until
{
    public static async Task TrueAsync(Func<bool> condition, string missing)
    {
        long started = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromSeconds(30)) Assert.Fail($"Still missing after 30 s: {missing}");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
