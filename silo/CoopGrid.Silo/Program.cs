using CoopGrid.Silo.Hosting;

TimeSpan grace = TimeSpan.FromSeconds(5);
int code;
try
{
    if (LedgerCommand.IsAsked(args)) return await LedgerCommand.RunAsync(args);
    new BoundedRun(GridHost.Build(args), grace, Console.Error).ToItsEnd();
    code = Environment.ExitCode;
}
catch (Exception failure) when (StartFailure.Explain(failure) is not null)
{
    string what = LedgerCommand.IsAsked(args) ? "The ledger cannot be exported." : "CoopGrid cannot start.";
    await Console.Error.WriteLineAsync($"{what} {StartFailure.Explain(failure)}");
    code = 2;
}

// By name, for threads of what could not be closed would keep the process.
Environment.Exit(code);
return code;
