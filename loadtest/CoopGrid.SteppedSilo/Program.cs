using CoopGrid.Silo.Hosting;
using CoopGrid.SteppedSilo;
using Microsoft.AspNetCore.Builder;

// The silo as it is shipped, but for its wall clock: a month passes in a minute, and what is due by then falls due.
string file = Environment.GetEnvironmentVariable(SteppedClock.Variable)
    ?? throw new InvalidOperationException($"{SteppedClock.Variable} must name the file with the clock's offset.");
using var clock = new SteppedClock(file);
await using WebApplication host = GridHost.Build(args, clock);
await host.RunAsync();
return Environment.ExitCode;
