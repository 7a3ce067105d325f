using System.Data.Common;
using CoopGrid.Grains.Ledger;
using CoopGrid.Silo.Hosting;
using CoopGrid.Silo.Ledger;
using CoopGrid.Silo.Ledger.Postgres;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

TimeSpan grace = TimeSpan.FromSeconds(5);
string? why;
try
{
    if (LedgerCommand.IsAsked(args)) return await LedgerCommand.RunAsync(args);
    await new BoundedRun(GridHost.Build(args), grace, Console.Error).ToItsEnd();
    why = null;
}
catch (Exception failure) when (failure is StorageStartException or CharterException or DemonstrationException or OptionsValidationException
    or LedgerCorruptException or IOException)
{
    // What an operator can mend is said in a sentence, not in a stack trace.
    why = failure.Message;
}
catch (DbException failure)
{
    why = PostgresTrouble.Explain(failure);
}
catch (AddressInUseException failure)
{
    why = $"CoopGrid:Silo:Port or CoopGrid:Silo:GatewayPort cannot be listened on: {failure.Message}";
}

int code = why is null ? Environment.ExitCode : 2;
if (why is not null) await Console.Error.WriteLineAsync($"{(LedgerCommand.IsAsked(args) ? "The ledger cannot be exported." : "CoopGrid cannot start.")} {why}");

// By name, for threads of what could not be closed would keep the process.
Environment.Exit(code);
return code;
