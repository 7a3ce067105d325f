using CoopGrid.Benchmarks;
using CoopGrid.Benchmarks.Bank;
using CoopGrid.Benchmarks.Division;

if (args is ["division", .. string[] rest]) return DivisionCommand.Run(rest);
if (args is ["bank", .. string[] homes]) return BankCommand.Run(homes);
Console.WriteLine($"Bytes of a member's account, mean of {AccountBytes.Accounts}, after a full collection; keys of {AccountBytes.KeyLength} characters.");
Console.WriteLine("slices with units   keys      bytes");
foreach ((int slices, int keys) in AccountBytes.Cases) Console.WriteLine($"{slices,17} {keys,6} {AccountBytes.Measure(slices, keys),10:N0}");
return 0;
