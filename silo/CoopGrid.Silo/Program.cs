using CoopGrid.Silo.Hosting;
using CoopGrid.Silo.Ledger;
using Microsoft.Extensions.Options;

try
{
    await using WebApplication host = GridHost.Build(args);
    await host.RunAsync();
    return Environment.ExitCode;
}
catch (Exception failure) when (failure is StorageStartException or CharterException or DemonstrationException or OptionsValidationException or IOException)
{
    // What an operator can mend is said in a sentence, not in a stack trace.
    await Console.Error.WriteLineAsync($"CoopGrid cannot start. {failure.Message}");
    return 2;
}
